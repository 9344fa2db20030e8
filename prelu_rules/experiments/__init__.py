"""The paper's experiments, to be reproduced."""
