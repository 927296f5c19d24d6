using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Krewe.Access.Tokens;

/// <summary>Reads the keys of tokens at the start and from time to time, so that removed ones go out of force without a new one.</summary>
internal sealed class TokenWatch(IOptionsMonitor<JwtBearerOptions> options, TimeProvider time) : BackgroundService
{
    /// <summary>A start does not wait longer for the provider: until it answers, tokens get 503.</summary>
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(2);

    private SigningKeys Keys => (SigningKeys)options.Get(TokenRules.Scheme).ConfigurationManager!;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAny(Keys.RefreshAsync(), Task.Delay(StartTimeout, time, cancellationToken));
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Keys.Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await Keys.RefreshAsync().WaitAsync(stoppingToken);
        }
    }
}
