"""Sends one request, and says whether the user's own option is kept."""
import os
import urllib.request

urllib.request.urlopen(os.environ["PEER"]).read()
try:
    from own import value
except ImportError:
    value = None
print(f"own={value}")
