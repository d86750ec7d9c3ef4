"""Tools that invoke a function of AWS Lambda; imports the engine and the AWS clients."""
