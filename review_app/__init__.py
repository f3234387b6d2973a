"""The application: joins inference and db into jobs, HTTP routes, pages and a command line."""
