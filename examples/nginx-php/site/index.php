<?php echo "PHP ", PHP_MAJOR_VERSION, " in the server VM ", gethostname(), "\n";
