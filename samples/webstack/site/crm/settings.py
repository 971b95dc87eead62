import os

BASE_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SECRET_KEY = 'sample-only-not-a-secret'
DEBUG = False
ALLOWED_HOSTS = ['127.0.0.1', 'localhost']
ROOT_URLCONF = 'crm.urls'
WSGI_APPLICATION = 'crm.wsgi.application'
INSTALLED_APPS = ['django.contrib.staticfiles']
MIDDLEWARE = ['django.middleware.common.CommonMiddleware']
STATIC_URL = '/static/'
STATIC_ROOT = os.path.join(BASE_DIR, 'collected')
STATICFILES_DIRS = [os.path.join(BASE_DIR, 'assets')]
TIME_ZONE = 'UTC'
USE_TZ = True
