"""Other learners whose models can be read, one file each: how to make them, and what a reader of them has to read.

The libraries are imported only when they are used, so one that is missing is a line in the table and no more.

The numbers that a reader has to read are counted in the same way everywhere: every coefficient and constant that is not
0, and every threshold. A tree is read as a tree, each threshold once; a rule with all of its conditions. A leaf is one
number, its value or its class. Scaling of the inputs is no number, since it can be multiplied into the coefficients.
"""

from peers import cubist, ebm, figs, linear, linear_tree, mlp, rulefit, tree
from peers.peer import Peer

PEERS: dict[str, Peer] = {
    module.PEER.name: module.PEER for module in (linear, tree, linear_tree, cubist, figs, rulefit, ebm, mlp)
}
