//! The rows of the nodes.

use std::time::Duration;

use super::fixtures::changed;
use super::{RACERS, race, winners};
use crate::id::NodeId;
use crate::revocation::Position;
use crate::store::{Node, Stores};

fn node(number: u8, position: u64) -> Node {
    Node { id: NodeId::from_bytes([number; 16]), position: Position(position), lease: Duration::from_millis(1_500) }
}

async fn listed(stores: &Stores) -> Vec<Node> {
    let mut nodes = stores.nodes.list().await.unwrap();
    nodes.sort_by_key(|node| node.id);
    nodes
}

pub async fn a_registered_node_is_listed_until_it_leaves(stores: Stores) {
    let nodes = &stores.nodes;
    assert!(listed(&stores).await.is_empty());
    let (first, second) = (node(1, 0), Node { lease: Duration::from_secs(60), ..node(2, u64::MAX / 2) });
    nodes.register(&second).await.unwrap();
    nodes.register(&first).await.unwrap();
    assert_eq!(listed(&stores).await, [first, second]);
    assert_eq!(nodes.position(second.id).await.unwrap(), Some(second.position));
    nodes.leave(second.id).await.unwrap();
    nodes.leave(second.id).await.unwrap();
    assert_eq!(nodes.position(second.id).await.unwrap(), None);
    assert_eq!(listed(&stores).await, [first]);
}

pub async fn registering_again_leaves_the_row_as_it_is(stores: Stores) {
    let first = node(1, 5);
    stores.nodes.register(&first).await.unwrap();
    stores.nodes.register(&Node { lease: Duration::from_secs(9), ..node(1, 3) }).await.unwrap();
    stores.nodes.register(&node(1, 7)).await.unwrap();
    assert_eq!(listed(&stores).await, [first]);
}

pub async fn a_nodes_position_moves_forward_while_its_row_is_there(stores: Stores) {
    let (nodes, id) = (&stores.nodes, node(1, 0).id);
    assert!(!nodes.advance(id, Position(1)).await.unwrap(), "there is no row");
    assert!(listed(&stores).await.is_empty(), "and none comes of it");
    for each in [node(1, 2), node(2, 2)] {
        nodes.register(&each).await.unwrap();
    }
    for (to, then) in [(4, 4), (4, 4), (3, 4), (9, 9)] {
        assert!(nodes.advance(id, Position(to)).await.unwrap(), "its row is there");
        assert_eq!(nodes.position(id).await.unwrap(), Some(Position(then)));
    }
    assert_eq!(listed(&stores).await, [node(1, 9), node(2, 2)], "nobody else has moved");
}

pub async fn only_a_node_that_is_behind_is_given_up(stores: Stores) {
    let (nodes, id) = (&stores.nodes, node(1, 0).id);
    assert!(!nodes.give_up(id, Position(9)).await.unwrap());
    for each in [node(1, 4), node(2, 1)] {
        nodes.register(&each).await.unwrap();
    }
    for position in [0, 3, 4] {
        assert!(!nodes.give_up(id, Position(position)).await.unwrap());
    }
    assert!(nodes.give_up(id, Position(5)).await.unwrap());
    assert!(!nodes.give_up(id, Position(5)).await.unwrap(), "once");
    assert!(!nodes.advance(id, Position(9)).await.unwrap());
    assert_eq!(listed(&stores).await, [node(2, 1)]);
    nodes.register(&node(1, 9)).await.unwrap();
    assert_eq!(listed(&stores).await, [node(1, 9), node(2, 1)]);
}

pub async fn of_those_who_give_a_node_up_one_does(stores: Stores) {
    for number in 0..4 {
        let each = node(number, 1);
        stores.nodes.register(&each).await.unwrap();
        let won =
            winners(&stores, move |stores, _| async move { stores.nodes.give_up(each.id, Position(2)).await.unwrap() });
        assert_eq!(won.await, 1);
        assert!(listed(&stores).await.is_empty());
    }
}

pub async fn a_node_that_has_moved_on_in_time_is_not_given_up(stores: Stores) {
    for number in 0..8 {
        let each = node(number, 1);
        stores.nodes.register(&each).await.unwrap();
        // One of them moves on to the position for which the others would give it up.
        let moved = race(&stores, move |stores, racer| async move {
            if racer == 0 {
                Some(stores.nodes.advance(each.id, Position(2)).await.unwrap())
            } else {
                stores.nodes.give_up(each.id, Position(2)).await.unwrap().then_some(false)
            }
        });
        let moved: Vec<_> = moved.await.into_iter().flatten().collect();
        assert!([[true].as_slice(), &[false, false]].contains(&moved.as_slice()), "both, or neither: {moved:?}");
        assert_eq!(stores.nodes.position(each.id).await.unwrap().is_some(), moved == [true]);
        stores.nodes.leave(each.id).await.unwrap();
    }
}

pub async fn nodes_that_come_at_once_are_all_there_and_each_moves_on(stores: Stores) {
    // Whoever appends sees each node that had registered before, and each sees its own row.
    race(&stores, |stores, number| async move {
        let each = node(u8::try_from(number).unwrap(), 0);
        stores.nodes.register(&each).await.unwrap();
        let position = stores.revocations.append(&[changed(1)]).await.unwrap();
        assert!(stores.nodes.list().await.unwrap().contains(&each));
        assert!(stores.nodes.advance(each.id, position).await.unwrap());
        assert_eq!(stores.nodes.position(each.id).await.unwrap(), Some(position));
    })
    .await;
    let mut positions: Vec<_> = listed(&stores).await.into_iter().map(|node| node.position.0).collect();
    positions.sort_unstable();
    assert_eq!(positions, (1..=RACERS as u64).collect::<Vec<_>>());
}
