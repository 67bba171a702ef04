"""The pages of whoever logged in: who they are, their works, deposit by form, what they sent by SWORD."""
