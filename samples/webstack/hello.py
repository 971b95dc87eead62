import sys
from wsgiref.simple_server import make_server


def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/html')])
    return [b'<h1>Hello, web!</h1>']


httpd = make_server('127.0.0.1', int(sys.argv[1]), application)
print('Serving HTTP on port %s...' % sys.argv[1])
httpd.serve_forever()
