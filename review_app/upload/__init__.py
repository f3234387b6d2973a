"""Files from the browser: unfinished uploads on disk, and the drop zone on the page."""
