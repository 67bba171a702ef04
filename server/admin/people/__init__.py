"""The people of the institution in the administration: kept, linked to works, merged, brought in and out."""
