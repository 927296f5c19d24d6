using Krewe.Abstractions.Hosting;
using Krewe.Grains.Demand;

namespace Krewe.Grains.Tests.Demand;

public sealed class QueueSamplesTests
{
    private static readonly ReplicaRange UpToFour = new(1, 4);

    [Fact]
    public void What_waits_is_reported_at_once_and_once_more_when_it_does_not_any_more()
    {
        var samples = Calm();
        samples.Add(2);
        Assert.True(samples.IsDue(0, 1, UpToFour));
        samples.Reset();

        samples.Add(0);
        Assert.True(samples.IsDue(0, 1, UpToFour));
        samples.Reset();

        samples.Add(0);
        Assert.False(samples.IsDue(0, 1, UpToFour));
    }

    [Theory]
    [InlineData(0, 1, 1, false)]
    [InlineData(0, 2, 1, true)]
    [InlineData(1, 1, 1, true)]
    [InlineData(0, 2, 2, false)]
    [InlineData(1, 2, 2, true)]
    [InlineData(0, 1, 0, false)]
    public void Calm_replicas_are_reported_now_and_then_where_there_may_be_one_too_many(int index, int replicas, int least, bool expected)
    {
        var samples = Calm();
        for (var turn = 1; turn <= 4; turn++)
        {
            samples.Add(0);
            Assert.Equal(expected && turn == 4, samples.IsDue(index, replicas, new ReplicaRange(least, 4)));
        }
    }

    [Fact]
    public void The_average_is_that_of_the_samples_since_the_last_report()
    {
        var samples = new QueueSamples();
        Assert.Equal(0, samples.Average);
        samples.Add(1);
        samples.Add(4);
        Assert.Equal(2.5, samples.Average);
        samples.Reset();
        Assert.Equal(0, samples.Average);
    }

    /// <summary>Of a replica that has told that nothing waits.</summary>
    private static QueueSamples Calm()
    {
        var samples = new QueueSamples();
        samples.Add(0);
        samples.Reset();
        return samples;
    }
}
