/* The users service: who may book, what they have booked, and what they might like. */
#include "users/users.h"

int main(int argc, char **argv)
{
	return service_main(argc, argv, &users_service);
}
