namespace Krewe.Grains.Tests.Hosting;

public sealed class NodeOptionsTests
{
    [Fact]
    public void What_cannot_be_right_is_told_all_at_once_and_the_defaults_are_right()
    {
        Assert.Empty(new NodeOptions().FindErrors());
        var wrong = new NodeOptions
        {
            MaxAnswerBytes = 0,
            WaitingPerReplica = double.NaN,
            ScaleUpDelay = TimeSpan.FromSeconds(-1),
            DemandInterval = TimeSpan.Zero,
        };
        Assert.Equal(
            ["MaxAnswerBytes", "WaitingPerReplica", "ScaleUpDelay", "DemandInterval"], wrong.FindErrors().Select(error => error.Split(' ')[0]));
    }

    [Fact]
    public void Times_are_a_day_at_most_which_every_timer_takes()
    {
        var day = TimeSpan.FromDays(1);
        Assert.Empty(Of(day, day, 1, double.Epsilon).FindErrors());
        Assert.Empty(Of(TimeSpan.Zero, new TimeSpan(1), long.MaxValue, double.PositiveInfinity).FindErrors());
        Assert.Equal(7, Of(day + new TimeSpan(1), day + new TimeSpan(1), 1, 1).FindErrors().Count());
        Assert.Equal(9, Of(new TimeSpan(-1), TimeSpan.Zero, 0, 0).FindErrors().Count());

        static NodeOptions Of(TimeSpan time, TimeSpan interval, long bytes, double waiting) => new()
        {
            ScaleUpDelay = time, ScaleDownDelay = time, RecordTimeout = time, DrainNotice = time, DrainLimit = time,
            DemandInterval = interval, MinimumInterval = interval, MaxAnswerBytes = bytes, WaitingPerReplica = waiting,
        };
    }
}
