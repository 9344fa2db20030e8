"""Other learners with readable models, one file each: how to create them, and how many numbers a reader has to read.

The libraries are imported only when they are used, so a missing one only costs its line in the table.

The numbers to read are counted in the same way for all: every nonzero coefficient and constant, and every threshold. A
tree is read as a tree, each threshold once; a rule with all of its conditions. A leaf is one number, its value or its
class. The scaling of inputs does not count, since it can be multiplied into the coefficients.
"""

from peers import cubist, ebm, figs, linear, linear_tree, mlp, rulefit, tree
from peers.peer import Peer as Peer

PEERS: dict[str, Peer] = {
    module.PEER.name: module.PEER for module in (linear, tree, linear_tree, cubist, figs, rulefit, ebm, mlp)
}
