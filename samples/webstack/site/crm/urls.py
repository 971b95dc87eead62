import os
import sys
import threading
import time

from django.http import HttpResponse, JsonResponse
from django.urls import re_path
from django.views.decorators.csrf import csrf_exempt


def whoami(request):
    """Who answered: the page all checks look at. ?sleep=N keeps a worker busy."""
    time.sleep(min(float(request.GET.get('sleep', '0')), 30))
    return JsonResponse({
        'backend': os.environ.get('BACKEND'),
        'pid': os.getpid(), 'master': os.getppid(), 'thread': threading.get_ident(),
        'uid': os.getuid(), 'gid': os.getgid(), 'prefix': sys.prefix,
        'program': os.environ.get('SUPERVISOR_PROCESS_NAME'),
    })


@csrf_exempt
def echo(request):
    """Takes what is posted, and a moment for it."""
    received = len(request.body)
    time.sleep(0.02)
    return JsonResponse({'backend': os.environ.get('BACKEND'), 'got': received})


clock = {'thread': None, 'ticks': 0}


def count_ticks():
    while True:
        time.sleep(0.02)
        clock['ticks'] += 1


def ticks(request):
    """How often a thread of this worker's own ran since the first request for this page."""
    if clock['thread'] is None:
        clock['thread'] = threading.Thread(target=count_ticks, daemon=True)
        clock['thread'].start()
    return JsonResponse({'pid': os.getpid(), 'ticks': clock['ticks']})


def home(request):
    return HttpResponse('<h1>crm</h1><link rel="stylesheet" href="/static/site.css">')


urlpatterns = [
    re_path(r'^(?:.*/)?whoami/?$', whoami),     # any prefix: one view behind all locations
    re_path(r'^(?:.*/)?echo/?$', echo),
    re_path(r'^(?:.*/)?ticks/?$', ticks),
    re_path(r'^$', home),
]
