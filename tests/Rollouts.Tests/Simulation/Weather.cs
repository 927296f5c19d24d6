namespace Krewe.Rollouts.Tests.Simulation;

/// <summary>What a second does to the calls that fall into it, beside what the version itself does.</summary>
/// <param name="ErrorRate">The part that fails for it.</param>
/// <param name="Slowness">How many times as long calls take.</param>
/// <param name="Stall">For how long nothing is answered, in seconds.</param>
internal readonly record struct Weather(double ErrorRate, double Slowness, double Stall)
{
    public static Weather Fair { get; } = new(0, 1, 0);

    /// <summary>A second in which a neighbour takes the machine, or something fails that all need.</summary>
    public static Weather Foul { get; } = new(0.2, 5, 0.5);

    /// <summary>A second in which everything fails or stands still.</summary>
    public static Weather Worst { get; } = new(0.5, 1, 1);
}
