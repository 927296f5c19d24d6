using Krewe.Client.Retrying;

namespace Krewe.Client.Tests.Routing;

public sealed class BackOffTests
{
    [Fact]
    public void Pauses_grow_from_nothing_to_a_fifth_of_a_second() => Assert.Equal(
        [0, 5, 10, 20, 40, 80, 160, 200, 200], Enumerable.Range(1, 9).Select(attempt => BackOff.After(attempt).TotalMilliseconds));

    [Fact]
    public void Any_number_of_attempts_has_a_pause() => Assert.Equal(TimeSpan.FromMilliseconds(200), BackOff.After(int.MaxValue));
}
