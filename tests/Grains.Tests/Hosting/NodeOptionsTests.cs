namespace Krewe.Grains.Tests;

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
}
