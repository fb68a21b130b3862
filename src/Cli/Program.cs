using HyperSpector.Cli;
using HyperSpector.Cli.Output;

// hyperspector: what people and scripts say to the daemon; docs/cli.md.
using var screen = Screen.Standard();
return await CommandLine.RunAsync(args, screen);
