"""Images: from a folder of files to the tensor that a network takes."""
