using Krewe.Api.Hosting;
using Krewe.Api.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Krewe.Api.Tests.Endpoints;

public sealed class ApiOptionsTests
{
    [Fact]
    public void The_defaults_are_right() => Assert.Empty(new ApiOptions().Validate());

    [Theory]
    [InlineData("Krewe-Route-Key", true)]
    [InlineData("x_~!1", true)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("a b", false)]
    [InlineData("a:b", false)]
    [InlineData("é", false)]
    public void The_name_of_a_header_is_a_token(string? name, bool isOne) => Assert.Equal(isOne, ApiOptions.IsHeaderName(name));

    [Fact]
    public void All_invalid_settings_are_reported_at_once()
    {
        var error = Assert.Throws<OptionsValidationException>(() => new ServiceCollection().AddKreweApi(options =>
        {
            options.ServerName = " ";
            options.RouteKeyHeader = "Route Key";
            options.StopGrace = TimeSpan.FromSeconds(-1);
            options.ShutdownTimeout = TimeSpan.Zero;
            options.Limits.MaxTensors = 0;
        }));
        Assert.Equal(
            ["Limits.MaxTensors", "ServerName", "RouteKeyHeader", "StopGrace", "ShutdownTimeout"],
            error.Failures.Select(failure => failure[..failure.IndexOf(' ', StringComparison.Ordinal)]));
    }
}
