/* The bookings service: who has which seat of which showing. */
#include "bookings/bookings.h"

int main(int argc, char **argv)
{
	return service_main(argc, argv, &bookings_service);
}
