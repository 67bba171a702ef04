"""The audit log: who changed what, when, from where. Written in the transaction of the change, never altered."""
