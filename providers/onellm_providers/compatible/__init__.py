"""The rows: one Spec for each host that speaks OpenAI's format. Facts carry their source and date.

`makers` serve models of their own, `clouds` and `plain_clouds` serve open ones, `gateways` pass on to others,
`accounts` have a base URL for each customer, and `servers` are those that users run.
"""
