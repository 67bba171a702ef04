"""The OAI formats whose mapping needs thought, one file each, beside their template."""
