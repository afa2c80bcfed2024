-- What is over of the waitlist, and displacements that were told, have an age as well (N-62): found by it, whatever lies beside them.
CREATE INDEX waitlist_entries_over ON waitlist_entries (updated_at) WHERE status NOT IN ('waiting', 'offered');
CREATE INDEX displacements_told ON displacements (delivered_at) WHERE delivered_at IS NOT NULL;
