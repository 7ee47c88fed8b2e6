"""What tracking decides: pure."""

from tracking.policy.eta import estimate, overdue_cause, promise, revise
from tracking.policy.progress import after
from tracking.policy.stages import is_over

__all__ = ["after", "estimate", "is_over", "overdue_cause", "promise", "revise"]
