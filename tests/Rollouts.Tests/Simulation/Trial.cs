using Krewe.Rollouts.Plans;

namespace Krewe.Rollouts.Tests.Simulation;

/// <summary>A rollout to be simulated.</summary>
internal sealed record Trial(RolloutPlan Plan, Behaviour Serving, Behaviour New)
{
    /// <summary>Calls in a second, to both versions together.</summary>
    public double CallsPerSecond { get; init; } = 1000;

    /// <summary>How often in a second the weather is foul for both versions.</summary>
    public double FoulSeconds { get; init; }

    /// <summary>The second of each step in which all goes wrong for the new version alone; 0 for none.</summary>
    public int WorstSecond { get; init; }

    /// <summary>How the new version behaves later; null for no other way.</summary>
    public Behaviour? Later { get; init; }

    /// <summary>The second after the switch from which it does.</summary>
    public int LaterFrom { get; init; }

    /// <summary>The most seconds it is watched for.</summary>
    public int Longest { get; init; } = 7200;

    /// <summary>Runs it.</summary>
    public Outcome Run(int seed) => new Simulation(this, new Dice(seed)).Run();
}
