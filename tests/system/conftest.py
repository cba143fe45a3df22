"""What is in inside/ runs in the container only."""

collect_ignore = ["inside"]
