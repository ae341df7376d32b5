"""The contract watch: what an OpenAPI file of Venice says, against what this plugin was built for.

    onellm venice contract [FILE or URL]

`document` reads a file, `facts` takes out of it what the plugin depends on, `compare` names what differs. `known.json`
holds the facts of the file that the plugin was built for (2026-08-21, version 20260821.193530); `scripts/` makes it.
"""
