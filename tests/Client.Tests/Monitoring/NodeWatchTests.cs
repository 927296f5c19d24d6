using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Nodes;

namespace Krewe.Client.Tests.Monitoring;

public sealed class NodeWatchTests
{
    private readonly FakeReader reader = new();
    private readonly List<TaskCompletionSource<NodeReport>> questions = [];

    [Fact]
    public async Task Who_asks_during_a_question_gets_the_answer_to_the_next_one_with_all_who_come_meanwhile()
    {
        var watch = Watch();
        var first = watch.PollAsync();
        await UntilAskedAsync(1);

        var (second, third) = (watch.PollAsync(), watch.PollAsync());
        Assert.Same(second, third);
        Assert.NotSame(first, second);
        Assert.Single(questions);
        questions[0].SetResult(TestNodes.Report(1) with { UsedBytes = 1 });
        await first;
        await UntilAskedAsync(2);

        Assert.False(second.IsCompleted);
        questions[1].SetResult(TestNodes.Report(1) with { UsedBytes = 2 });
        await second;
        Assert.Equal(2, watch.Snapshot!.Report.UsedBytes);
    }

    [Fact]
    public async Task Who_asks_after_a_question_puts_another_one()
    {
        var watch = Watch();
        for (var number = 1; number <= 3; number++)
        {
            var asked = watch.PollAsync();
            await UntilAskedAsync(number);
            questions[^1].SetResult(TestNodes.Report(1) with { UsedBytes = number });
            await asked;

            Assert.Equal(number, watch.Snapshot!.Report.UsedBytes);
        }
    }

    [Fact]
    public async Task A_question_that_failed_leaves_what_was_known_and_the_next_one_is_put()
    {
        var watch = Watch();
        var asked = watch.PollAsync();
        await UntilAskedAsync(1);
        questions[0].SetException(new TimeoutException("no answer"));
        await asked;
        Assert.Equal((null, "no answer"), (watch.Snapshot, watch.Failure));
        Assert.NotEqual(TimeSpan.Zero, watch.Silence);

        asked = watch.PollAsync();
        await UntilAskedAsync(2);
        questions[1].SetResult(TestNodes.Report(1));
        await asked;
        Assert.NotNull(watch.Snapshot);
        Assert.Equal(TimeSpan.Zero, watch.Silence);
    }

    private NodeWatch Watch()
    {
        reader.Nodes[TestNodes.Silo(1)] = _ =>
        {
            var question = new TaskCompletionSource<NodeReport>(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (questions)
            {
                questions.Add(question);
            }

            return question.Task;
        };
        return new NodeWatch(TestNodes.Silo(1), reader, TimeProvider.System);
    }

    private async Task UntilAskedAsync(int count)
    {
        while (Count() < count)
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        Assert.Equal(count, Count());

        int Count()
        {
            lock (questions)
            {
                return questions.Count;
            }
        }
    }
}
