/* Group commit. See group.h.
 *
 * The first caller leads: it applies what waits and shares out the results. Whoever came meanwhile
 * makes the next group, and the first of those is woken to lead it. So nobody waits longer than the
 * group under way and their own, and no thread exists for this alone. Each waits on a semaphore of
 * their own: many that woke up for one mutex would only wait again. */
#include "store/group.h"

#include <errno.h>

void group_init(struct group *group, void (*apply)(void *context, struct group_commit *first),
    void (*tidy)(void *context), void *context)
{
	*group = (struct group){ .apply = apply, .tidy = tidy, .context = context };
	pthread_mutex_init(&group->lock, NULL);
	group->last = &group->first;
}

void group_free(struct group *group)
{
	pthread_mutex_destroy(&group->lock);
}

/* Takes the next group off the queue. */
static struct group_commit *take(struct group *group)
{
	struct group_commit *first = group->first, *end = first;
	for (size_t count = 1; count < GROUP_MAX && end->next; count++)
		end = end->next;
	group->first = end->next;
	if (!group->first)
		group->last = &group->first;
	end->next = NULL;
	return first;
}

static void lead(struct group *group)
{
	struct group_commit *next;
	pthread_mutex_lock(&group->lock);
	struct group_commit *first = take(group);
	pthread_mutex_unlock(&group->lock);
	group->apply(group->context, first);
	for (struct group_commit *commit = first; commit; commit = next) {
		next = commit->next; /* whoever is woken takes it away */
		sem_post(&commit->wake);
	}
	group->tidy(group->context);
	pthread_mutex_lock(&group->lock);
	group->busy = group->first != NULL;
	if (group->busy) {
		group->first->leads = true;
		sem_post(&group->first->wake);
	}
	pthread_mutex_unlock(&group->lock);
}

enum store_result group_run(
    struct group *group, const struct store_op ops[], size_t count, struct store_done *done)
{
	struct group_commit mine = { .ops = ops, .count = count };

	sem_init(&mine.wake, 0, 0);
	pthread_mutex_lock(&group->lock);
	*group->last = &mine;
	group->last = &mine.next;
	bool leads = !group->busy;
	group->busy = true;
	pthread_mutex_unlock(&group->lock);
	if (!leads) {
		while (sem_wait(&mine.wake) != 0 && errno == EINTR)
			;
		leads = mine.leads;
	}
	if (leads)
		lead(group);
	sem_destroy(&mine.wake);
	*done = mine.done;
	return mine.result;
}
