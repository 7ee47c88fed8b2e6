-- name: find_rider_card
SELECT split_part(rider.name, ' ', 1) AS first_name, coalesce(shift.vehicle, rider.vehicle) AS vehicle
FROM riders AS rider
LEFT JOIN shifts AS shift ON shift.rider_id = rider.id AND shift.status <> 'ended'
WHERE rider.id = $1
