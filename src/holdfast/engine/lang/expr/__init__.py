"""The expression language of analysis conditions and notification triggers: that of expr-lang, bounded."""
