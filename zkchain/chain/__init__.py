"""Networks, devnets, signers, transactions, deployments and events. The only code that imports web3."""
