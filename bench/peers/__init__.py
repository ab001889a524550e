"""The systems we are measured against, each started on free ports of this machine and stopped at the end."""
