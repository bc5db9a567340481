/* The showtimes service: the screens with their seat plans, and what is shown on them when. */
#include "showtimes/showtimes.h"

int main(int argc, char **argv)
{
	return service_main(argc, argv, &showtimes_service);
}
