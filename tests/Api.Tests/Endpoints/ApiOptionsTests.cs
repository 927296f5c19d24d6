using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Krewe.Api.Tests;

public sealed class ApiOptionsTests
{
    [Fact]
    public void The_defaults_are_right() => Assert.Empty(new ApiOptions().Validate());

    [Fact]
    public void Every_setting_that_is_wrong_is_told_at_once()
    {
        var error = Assert.Throws<OptionsValidationException>(() => new ServiceCollection().AddKreweApi(options =>
        {
            options.ServerName = " ";
            options.StopGrace = TimeSpan.FromSeconds(-1);
            options.ShutdownTimeout = TimeSpan.Zero;
            options.Limits.MaxTensors = 0;
        }));
        Assert.Equal(
            ["Limits.MaxTensors", "ServerName", "StopGrace", "ShutdownTimeout"],
            error.Failures.Select(failure => failure[..failure.IndexOf(' ', StringComparison.Ordinal)]));
    }
}
