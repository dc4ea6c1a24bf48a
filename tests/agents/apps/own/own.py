value = "kept"
