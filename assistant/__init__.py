"""What Rasa loads: pure judgement (text, language, risk, topics), thin components, and the seam to the desk."""
