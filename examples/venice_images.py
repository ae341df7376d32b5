"""Make an image with Venice, change it, and enlarge it.

export VENICE_API_KEY=…
python examples/venice_images.py
"""

from __future__ import annotations

from onellm_providers.venice import Venice

from onellm import ContentPolicyError, InsufficientBalanceError


def main() -> None:
    with Venice() as venice:
        try:
            image = venice.images.generate(
                "a fox in the snow", model="grok-imagine-image", format="png", enhance_prompt=True
            )
        except (ContentPolicyError, InsufficientBalanceError) as error:
            raise SystemExit(str(error)) from None
        print(f"{image.mime_type}, {len(image.bytes)} bytes, for the prompt: {image.enhanced_prompt}")
        if image.is_blurred or image.is_content_violation:
            print("It was blurred, or goes against Venice's terms.")
        edited = venice.images.edit(image.bytes, "give it a red scarf")
        large = venice.images.upscale(edited.bytes, scale=2)
        print(f"saved {large.save('fox.png').name}")


if __name__ == "__main__":
    main()
