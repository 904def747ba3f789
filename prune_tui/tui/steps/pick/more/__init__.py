"""What step 1 shows where there is room: earlier sessions, and images of the dataset."""
