"""The shop, and one that is begun as a test has it."""

from tests.kit.shop import _begun, begun, shop

__all__ = ["_begun", "begun", "shop"]
