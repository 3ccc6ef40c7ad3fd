"""How a turn is played: the plan (pure) and the policy that follows it."""
