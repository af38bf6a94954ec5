"""All that knows boto3 and botocore: credentials, proxies, requests, and their errors turned into ours."""
