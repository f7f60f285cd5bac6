"""The gates in front of a sync: deletion guard, approvals, freezes, order between applications."""
