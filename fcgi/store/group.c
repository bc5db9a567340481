/* Group commit. See group.h.
 *
 * The first caller leads: it applies what waits and shares out the results. Whoever came meanwhile
 * makes the next group, and the first of those is woken to lead it. So nobody waits longer than the
 * group under way and their own, and no thread exists for this alone. */
#include "store/group.h"

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

/* Called, and returns, with the lock held. */
static void lead(struct group *group)
{
	struct group_commit *next, *first = take(group);

	pthread_mutex_unlock(&group->lock);
	group->apply(group->context, first);
	pthread_mutex_lock(&group->lock);
	for (struct group_commit *commit = first; commit; commit = next) {
		next = commit->next;
		commit->state = GROUP_DONE;
		pthread_cond_signal(&commit->wake);
	}
	pthread_mutex_unlock(&group->lock);
	group->tidy(group->context);
	pthread_mutex_lock(&group->lock);
	group->busy = group->first != NULL;
	if (group->busy) {
		group->first->state = GROUP_LEADS;
		pthread_cond_signal(&group->first->wake);
	}
}

enum store_result group_run(
    struct group *group, const struct store_op ops[], size_t count, struct store_done *done)
{
	struct group_commit mine = { .ops = ops, .count = count, .state = GROUP_WAITS };

	pthread_cond_init(&mine.wake, NULL);
	pthread_mutex_lock(&group->lock);
	*group->last = &mine;
	group->last = &mine.next;
	if (!group->busy) {
		group->busy = true;
		mine.state = GROUP_LEADS;
	}
	while (mine.state == GROUP_WAITS)
		pthread_cond_wait(&mine.wake, &group->lock);
	if (mine.state == GROUP_LEADS)
		lead(group);
	pthread_mutex_unlock(&group->lock);
	pthread_cond_destroy(&mine.wake);
	*done = mine.done;
	return mine.result;
}
