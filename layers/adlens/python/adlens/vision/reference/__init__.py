"""The engines that the serving ones are measured against, on torch: ultralytics, EasyOCR, transformers.

Same ports, same results; seconds of imports and gigabytes of libraries more. They are the extra `[reference]`, the
image target `reference`, and what training exports from. Nothing else in the library imports torch.
"""
