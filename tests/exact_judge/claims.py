"""All claims that are judged."""

from exact_judge import claims_of_certificates, claims_of_regions, claims_of_rules, claims_of_text

CLAIMS = [
    *claims_of_rules.CLAIMS,
    *claims_of_certificates.CLAIMS,
    *claims_of_regions.CLAIMS,
    *claims_of_text.CLAIMS,
]
