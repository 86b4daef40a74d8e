# SPDX-License-Identifier: LGPL-2.1-only
"""Save processes, the own one too, and bring them back: libcheckpoint for Python.

    import checkpoint

    if checkpoint.save_self("job.img") is checkpoint.Outcome.RESTARTED:
        print("this is another day")

Failures are CheckpointErrors, which are OSErrors: str() says what is in the way and what to do.
"""

from ._calls import (Callback, Hold, Outcome, Restarted, Saved, Times, check, check_image, hold,
                     on_save, restart, save, save_self, supported)
from ._errors import CheckpointError, Problem
from ._image import Image, Record

__all__ = ["Callback", "CheckpointError", "Hold", "Image", "Outcome", "Problem", "Record",
           "Restarted", "Saved", "Times", "check", "check_image", "hold", "on_save", "restart",
           "save", "save_self", "supported"]
