/* The movies service: the catalogue. */
#include "movies/movies.h"

int main(int argc, char **argv)
{
	return service_main(argc, argv, &movies_service);
}
