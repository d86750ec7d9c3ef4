"""The AWS stand-in: Lambda's Invoke and ListFunctions, STS's AssumeRole, as boto3 speaks them."""
